#pragma once
#include <functional>

// Runs `work` in a throwaway thread whose network namespace is that of the process behind `pidfd`.
// setns(2) changes the calling thread alone, so the caller's namespace never changes; a socket keeps
// the namespace it was made in, whichever thread uses it later.
void inNetworkNamespace(int pidfd, const std::function<void()>& work);
