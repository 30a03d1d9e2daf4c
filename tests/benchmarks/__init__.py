"""Measurements, run by hand, by `make bench` or `python -m tests.benchmarks`; nothing here is a test.

A module that measures has `tables(runs)`, which returns its tables. Machines are shared and noisy: what is compared
takes turns within one run, medians and ratios are told.
"""
