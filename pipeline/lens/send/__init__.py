"""Send: draw the actions that people judge, and put them on a Label Studio server if there is one."""
