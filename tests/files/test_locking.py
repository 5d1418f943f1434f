import multiprocessing
import time

from teachtext.files.locking import locked


def append_slowly(folder, name):
    with locked(folder / "lock"):
        for _ in range(3):
            with (folder / "log").open("a") as stream:
                stream.write(name)
            time.sleep(0.02)


def test_the_second_waits_for_the_first(tmp_path):
    context = multiprocessing.get_context("fork")
    jobs = [context.Process(target=append_slowly, args=(tmp_path, name)) for name in "ab"]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert (tmp_path / "log").read_text() in ("aaabbb", "bbbaaa")


def hold_for_ever(folder):
    with locked(folder / "lock"):
        (folder / "held").touch()
        time.sleep(60)


def test_a_killed_holder_holds_no_longer(tmp_path):
    job = multiprocessing.get_context("fork").Process(target=hold_for_ever, args=(tmp_path,))
    job.start()
    while not (tmp_path / "held").exists():
        time.sleep(0.01)
    job.kill()
    job.join()
    with locked(tmp_path / "lock"):
        pass
