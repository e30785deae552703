"""Measurements as ratios, each pair taken in one run, since absolute times differ from hour to hour."""
