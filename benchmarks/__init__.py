"""Measurements as ratios, each pair taken in one run: absolute times differ from machine to machine and hour to hour."""
