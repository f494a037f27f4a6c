"""The evaluator's side of an evaluation: proxies of a program that runs in another guest.

`driver` runs the evaluator, `bridge` asks the program's guest, `proxies` are its functions and classes, `imports` makes every way of
loading the program's file give proxies, `processes` stands in for processes, `tasks` ends what takes too long, `results` reads what
the evaluator returned. Threads are those of `hyperspace_threads`.
"""
