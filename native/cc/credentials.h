#pragma once

// This thread alone creates files as `uid`:`gid` from now on, and keeps every capability.
void createAs(unsigned uid, unsigned gid);
