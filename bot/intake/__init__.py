"""What every platform needs between an event and its answer."""
