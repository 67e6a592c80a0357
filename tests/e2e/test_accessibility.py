"""What a screen reader meets: no control that takes the keyboard is without a name, on any page."""

import os
import subprocess
import sys
import unittest

from support import DisplayCase, main, wait_until

# Keys that lead to another page or open another part of the window.
PLACES = (
    ("the list", ()),
    ("the split", ("F8",)),
    ("the tree", ("alt+1",)),
    ("the drawn tree", ("ctrl+shift+d",)),
    ("the processes", ("alt+2",)),
    ("the inspector", ("ctrl+i",)),
    ("the command palette", ("ctrl+k",)),
)


class Accessibility(DisplayCase):
    def setUp(self):
        super().setUp()
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = os.environ["DBUS_SESSION_BUS_ADDRESS"]
        self.environment["QT_LINUX_ACCESSIBILITY_ALWAYS_ON"] = "1"

    def test_every_control_that_takes_the_keyboard_has_a_name(self):
        import pyatspi

        program, _ = self.start_window()
        desktop = pyatspi.Registry.getDesktop(0)

        def application():
            return next((child for child in desktop if child and child.get_process_id() == program.pid), None)

        root = wait_until(application, "the program is known to assistive technology")
        seen = set()
        for place, keys in PLACES:
            for key in keys:
                self.keys(key)
            nameless, met = wait_until(lambda: self.walk(pyatspi, root), f"{place} can be walked")
            self.assertEqual(nameless, [], f"on {place}")
            seen |= met
        self.assertGreater(len(seen), 20, "the walk met the controls of a whole window")

    @staticmethod
    def walk(pyatspi, root):
        """(focusable controls without a name, names of those with one), or None where the tree changed meanwhile."""
        nameless, met, todo = [], set(), [(root, "")]
        try:
            while todo:
                node, path = todo.pop()
                path += f" > {node.getRoleName()} '{node.name}'"
                states = node.getState()
                if states.contains(pyatspi.STATE_FOCUSABLE) and states.contains(pyatspi.STATE_SHOWING):
                    if node.name.strip():
                        met.add((node.getRoleName(), node.name))
                    else:
                        nameless.append(path)
                # A table's cells are many and their names are the model's; its first hundred stand for them.
                todo += [(child, path) for child in (node.getChildAtIndex(i) for i in range(min(node.childCount, 100)))
                         if child]
        except Exception as error:  # pyatspi raises GLib's errors, of which there is no common class
            if "timeout" in str(error).lower() or "does not exist" in str(error).lower():
                return None
            raise
        return nameless, met


if __name__ == "__main__":
    if "DBUS_SESSION_BUS_ADDRESS" not in os.environ:
        # A session bus of its own, so that no desktop's registry is asked.
        sys.exit(subprocess.call(["dbus-run-session", "--", sys.executable, *sys.argv]))
    main()
