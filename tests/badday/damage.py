def check_damage(*_): pass
