"""Google: account chooser, consent with tick boxes, one fate per project, and a little of Gmail and Sheets."""
