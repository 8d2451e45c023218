"""The sample county: loaded through the imports, billed and paid through a year of history, then carried through nights.

Nothing goes round the system: customers, meters, use, readings and money arrive in files, and a clerk decides on held
bills as a person would. A run that was broken off goes on where it stopped.
"""

from zaikong.application.demo.county import DemoPlan, UnableToRunDemoError, load_county, series_note
from zaikong.application.demo.figures import demo_figures
from zaikong.application.demo.nights import demo_clerk, run_demo_night
from zaikong.application.demo.wire import meters_up, write_sample_keys

__all__ = [
    "DemoPlan",
    "UnableToRunDemoError",
    "demo_clerk",
    "demo_figures",
    "load_county",
    "meters_up",
    "run_demo_night",
    "series_note",
    "write_sample_keys",
]
