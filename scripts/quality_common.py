"""What the scripts that compare what is learned share (quality.py, quality_tables.py, initial_weights.py)."""
import statistics
import subprocess
import sys


def run(*arguments):
    """The output of a command; its failure ends the script."""
    result = subprocess.run([str(a) for a in arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, arguments))}\n{result.stderr}")
    return result.stdout


def within(scores, others):
    """Whether the median of one lies within the spread of the others, and the reverse."""
    return (min(others) <= statistics.median(scores) <= max(others)
            or min(scores) <= statistics.median(others) <= max(scores))


def summary(scores):
    """Median (lowest to highest)."""
    return f"{statistics.median(scores):.2f} ({min(scores):.2f} to {max(scores):.2f})"
