"""Specs + facts → Plan. Pure: no clock, no environment, no file, no process."""
