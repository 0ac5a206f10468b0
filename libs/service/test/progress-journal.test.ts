import { appendFileSync, mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { ProgressJournal } from "../src/index.ts";

let path = "";
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), "udevns-journal-")), "journal");
});

describe("a progress journal", () => {
  test("starts at the first entry of a stream it has never seen", () => {
    expect(new ProgressJournal(path).start).toEqual({ sequence: 1, epoch: undefined });
  });

  test("goes on behind what an earlier life had done", () => {
    const earlier = new ProgressJournal(path);
    for (const sequence of [1, 2, 3]) earlier.accept(sequence, "life");
    for (const sequence of [1, 2, 3]) earlier.done(sequence, "life");
    expect(new ProgressJournal(path).accept(3, "life")).toBe(false);
    expect(new ProgressJournal(path).accept(4, "life")).toBe(true);
  });

  test("knows entries that were done before an earlier one was", () => {
    const earlier = new ProgressJournal(path);
    for (const sequence of [1, 2, 3]) earlier.accept(sequence, "life");
    earlier.done(1, "life");
    earlier.done(3, "life");
    const later = new ProgressJournal(path);
    expect([1, 2, 3, 4].map((sequence) => later.accept(sequence, "life"))).toEqual([false, true, false, true]);
  });

  test("does not take what lies between for done, when only what lies behind it is", () => {
    const earlier = new ProgressJournal(path);
    for (const sequence of [1, 2, 3]) earlier.accept(sequence, "life");
    earlier.done(3, "life");
    const later = new ProgressJournal(path);
    expect(later.accept(1, "life")).toBe(true);
    later.done(1, "life");
    expect(later.accept(2, "life")).toBe(true);
    later.done(2, "life");
    expect(later.accept(3, "life")).toBe(false);
    expect(later.start.sequence).toBe(3);
  });

  test("learns from elsewhere that an entry is done, before any came in", () => {
    const earlier = new ProgressJournal(path);
    for (const sequence of [1, 2]) earlier.accept(sequence, "life");
    new ProgressJournal(path).done(2, "life");
    const later = new ProgressJournal(path);
    expect([1, 2, 3].map((sequence) => later.accept(sequence, "life"))).toEqual([true, false, true]);
  });

  test("passes over filtered sequences that never come in", () => {
    const earlier = new ProgressJournal(path);
    for (const sequence of [5, 9]) earlier.accept(sequence, "life");
    earlier.done(9, "life");
    earlier.done(5, "life");
    expect(new ProgressJournal(path).start.sequence).toBe(10);
  });

  test("starts anew with a stream that was made anew", () => {
    const journal = new ProgressJournal(path);
    journal.accept(7, "life");
    journal.done(7, "life");
    expect(journal.accept(1, "next-life")).toBe(true);
    journal.done(1, "next-life");
    expect(new ProgressJournal(path).start).toEqual({ sequence: 2, epoch: "next-life" });
  });

  test("does not take the end of an entry of a lost stream for the end of one of its successor", () => {
    const journal = new ProgressJournal(path);
    for (const sequence of [1, 2, 3]) journal.accept(sequence, "life");
    journal.accept(1, "next-life");
    journal.done(3, "life");
    expect(new ProgressJournal(path).start).toEqual({ sequence: 1, epoch: "next-life" });
  });

  test("passes over a line that a kill cut short", () => {
    const earlier = new ProgressJournal(path);
    earlier.accept(1, "life");
    earlier.done(1, "life");
    appendFileSync(path, "d 1234");
    expect(new ProgressJournal(path).start.sequence).toBe(2);
  });

  test("keeps its file small over 100,000 entries", () => {
    const journal = new ProgressJournal(path);
    for (let sequence = 1; sequence <= 100_000; sequence += 1) {
      journal.accept(sequence, "life");
      journal.done(sequence, "life");
    }
    journal.close();
    expect(new ProgressJournal(path).start.sequence).toBe(100_001);
  });

  test("is not written anew at each entry while one that is open keeps 150,000 behind it, and is small when it is done", () => {
    const journal = new ProgressJournal(path);
    journal.accept(1, "life");
    const doneUpTo = (from: number, to: number) => {
      for (let sequence = from; sequence <= to; sequence += 1) {
        journal.accept(sequence, "life");
        journal.done(sequence, "life");
      }
    };
    doneUpTo(2, 150_000);
    const before = statSync(path);
    // One alone: two drafts in a row may have the first one's inode again.
    doneUpTo(150_001, 150_001);
    expect(statSync(path).ino).toBe(before.ino);
    journal.done(1, "life");
    doneUpTo(150_002, 400_000);
    expect(statSync(path).size).toBeLessThan(2 << 20);
    journal.close();
    expect(new ProgressJournal(path).start.sequence).toBe(400_001);
  });
});
