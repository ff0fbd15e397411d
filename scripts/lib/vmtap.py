"""vmtap.py: results of a check as TAP lines; the Python twin of tap.sh.

    tap = Tap()
    tap.check(name, problems)       passes when the list is empty
    tap.skip(name, reason)
    sys.exit(tap.done())
"""
import os
import subprocess

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def check(self, name, problems):
        self.count += 1
        if problems:
            self.failed += 1
            print(f"not ok {self.count} - {name}")
            for problem in problems:
                for line in str(problem).splitlines() or [""]:
                    print(f"#   {line}")
        else:
            print(f"ok {self.count} - {name}")

    def skip(self, name, reason):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {reason}")

    def done(self):
        """Prints the plan; 1 when something failed or nothing was checked."""
        print(f"1..{self.count}", flush=True)
        return 1 if self.failed or not self.count else 0


def tree_files():
    """The files of the repository, relative to ROOT (see tree.sh)."""
    script = '. "$1" && vm_tree_files'
    output = subprocess.run(
        ["bash", "-c", script, "tree", os.path.join(ROOT, "scripts", "lib", "tree.sh")],
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    return sorted(name for name in output.decode("utf-8").split("\0") if name)
