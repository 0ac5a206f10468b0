#!/bin/busybox sh
# One connection, one script. Request: "<seconds> <bytes>\n<script>"; reply: "<code> <bytes of stdout> <bytes of stderr>\n<stdout><stderr>".
# Lengths in front, because output may hold any byte and a background child may keep a pipe open for ever.
# Programs that busybox also has are named by path: its shell would take its own.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
IFS=' ' read -r seconds bytes || exit 1
work=$(mktemp -d /tmp/run.XXXXXX)
head -c "$bytes" > "$work/script"
cd /root || exit 1
/usr/bin/timeout -k 2 "$seconds" /bin/sh "$work/script" > "$work/stdout" 2> "$work/stderr" < /dev/null
code=$?
out=$(stat -c %s "$work/stdout")
err=$(stat -c %s "$work/stderr")
echo "$code $out $err"
head -c "$out" "$work/stdout"
head -c "$err" "$work/stderr"
rm -r "$work"
