"""Transit proximity: timetables, grades and their evidence."""
