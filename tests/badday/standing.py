def check_standing(*_): pass
