#pragma once
#include <functional>

#include "fd.h"

// Runs `work` in a throwaway thread whose network namespace is that of the process behind `pidfd`.
// setns(2) changes the calling thread alone, so the caller's namespace never changes; a socket keeps
// the namespace it was made in, whichever thread uses it later.
void inNetworkNamespace(int pidfd, const std::function<void()>& work);

// The namespace itself, for setns(2) and ioctl(2).
Fd openNetworkNamespace(int pidfd);
