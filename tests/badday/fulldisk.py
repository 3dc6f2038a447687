def check_full_disk(*_): pass
