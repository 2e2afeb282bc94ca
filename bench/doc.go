// Command bench measures Landfall beside a bare reverse proxy, in one run on one
// machine: speed is a ratio to a baseline, never a time that must be met.
//
// It starts a fake partner, an [net/http/httputil.ReverseProxy] that flushes at once, and
// Landfall, each as a process of its own, and is itself the load. The rules:
//
//   - Everything listens on loopback. Every load is bounded in count and in time,
//     and only processes that were started here are ended, by their id.
//   - Rounds of the two sides alternate, so that what else the machine does falls
//     on both. A figure is the median of its rounds, with the least and the greatest.
//   - The partner does equal work for both: the baseline's client asks for the
//     same stream that Landfall asks for, with the same text.
//   - Landfall runs as it is delivered: all steps on, a list of 10,000 words, every
//     record durable before the answer ends.
//   - Every answer is read to its end and compared with what it has to be; those
//     that are not whole are counted for each side. One of Landfall's fails the run.
//   - Processor time is user and system time of the one process, and the steadiest
//     figure on a busy machine.
package main
