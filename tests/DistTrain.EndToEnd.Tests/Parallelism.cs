// A test of processes waits a good part of its time, for a silo that is dead to be given up or for a process to end: one more class than there are cores.
[assembly: Xunit.v3.Parallelization(MaxThreads = 3)]
