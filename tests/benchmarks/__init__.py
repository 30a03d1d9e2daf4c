"""Measurements, run by hand or by `make bench`; nothing here is a test."""
