"""Counts passed and failed checks, and ends with a summary line."""

import sys
import time
import traceback


class Report:
    """Named checks; `close` prints `N passed, N failed` and returns the exit status."""

    def __init__(self):
        self.passed, self.failed = 0, 0
        self.start = time.monotonic()

    def check(self, name, holds, detail=""):
        """Counts one check; prints `detail` if it fails."""
        if holds:
            self.passed += 1
            print(f"ok    {name}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {name}" + (f": {detail}" if detail else ""), flush=True)
        return bool(holds)

    def run(self, name, step, *arguments):
        """Runs a step as one check, which fails if the step raises. Returns the result of the step, or None."""
        try:
            result = step(*arguments)
        except (AssertionError, OSError) as problem:
            self.check(name, False, f"{type(problem).__name__}: {problem}")
            return None
        except Exception:
            self.check(name, False, traceback.format_exc())
            return None
        self.check(name, True)
        return result

    def close(self):
        print(f"took {time.monotonic() - self.start:.1f} s")
        print(f"{self.passed} passed, {self.failed} failed")
        sys.stdout.flush()
        return 1 if self.failed or not self.passed else 0
