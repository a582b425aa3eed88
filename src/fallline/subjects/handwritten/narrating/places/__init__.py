"""Where each kind of mistake is: functions that return its lines in a layer, or of the mistake as a whole."""
