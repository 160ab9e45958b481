"""The questions of the outside judge by subject: functions from a request to the fields of its reply."""
