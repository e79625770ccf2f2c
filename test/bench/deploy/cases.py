"""The three cases, each proven to be what it is called: by what the contender says it changed, and by what is on the hosts afterwards."""
from commands import FleetError
from contenders import run_on_all
from results import FIRST, LINE, UNCHANGED


class Cases:
    """One contender's hosts; the setting that changes is how much the daemon keeps free."""

    def __init__(self, accounts, contender):
        self.accounts, self.contender, self.mebibytes = accounts, contender, 1

    def measure(self, case):
        if case == FIRST:
            self.contender.reset()
            self.mebibytes = 1
        elif case == LINE:
            self.mebibytes += 1
            self.contender.declare(self.mebibytes)
        cost, printed = self.accounts.measure(self.contender.command(), self.contender.environment)
        self.prove(case, self.contender.changed(printed))
        return cost

    def prove(self, case, changed):
        wrong = [host for host, count in changed.items() if (count > 0) != (case != UNCHANGED)]
        if wrong or sorted(changed) != sorted(self.accounts.fleet.hosts):
            raise FleetError(f"{self.contender.name}, {case}: not what it is called on {wrong}: {changed}")
        run_on_all(self.accounts.fleet, self.contender.running())
        for host in self.accounts.fleet.hosts:
            with open(self.accounts.fleet.host(host).path("root", self.contender.configuration), encoding="utf-8") as file:
                if self.contender.configured(self.mebibytes) not in file.read():
                    raise FleetError(f"{self.contender.name}, {case}: '{host}' is not configured as declared")
