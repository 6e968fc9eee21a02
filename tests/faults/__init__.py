"""Delivery through faults: real processes, real libraries and real databases against the local platforms."""
