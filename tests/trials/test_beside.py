"""Few O spectra and other networks: which trials each table is of."""

from lcgan.trials import beside


def record(form, rate, n_o=None, network="", iteration=None):
    share = {"k": round(100 * rate), "n": 100, "rate": rate}
    fit = {"protocols": {"leakage_free": {"recall": share, "fpr_fgk": {"rate": rate / 10}}}}
    record = {"form": form, "iteration": iteration, "n_o": n_o, "network": network}
    return record | {"status": "done", "fit": fit}


RECORDS = [
    *[record("smote", rate, 15) for rate in (0.2, 0.4, 0.3)],
    record("smote", 0.8),
    record("smote", 0.1, network="no_attention"),
    record("none_as_is", 0.5),  # of Figure 7 alone
    record("lcgan", 0.6, 30, iteration=4000),
    record("lcgan", 0.9, iteration=2000),  # another checkpoint than the one of few spectra
    record("lcgan", 0.7, iteration=4000),
    {**record("smote", 0.0, 15), "status": "failed"},
]


def test_few_is_of_the_forms_studied_so_with_all_of_data_set_1_at_the_end():
    table = beside.few(RECORDS, 150).set_index(["form", "n_o"])
    assert list(table.index) == [("lcgan", 30), ("lcgan", 150), ("smote", 15), ("smote", 150)]
    point = table.loc[("smote", 15)]
    assert (point["recall"], point["low"], point["high"], point["repeats"]) == (0.3, 0.2, 0.4, 3)
    assert table.loc[("lcgan", 150), "recall"] == 0.7


def test_networks_are_beside_the_whole_one():
    table = beside.networks(RECORDS)
    assert table[["form", "network", "recall"]].values.tolist() == [
        ["smote", "", 0.8],
        ["smote", "no_attention", 0.1],
    ]


def test_both_are_written_and_nothing_of_nothing(tmp_path):
    written = beside.write(tmp_path, beside.few(RECORDS, 150), beside.networks(RECORDS))
    assert [path.name for path in written] == ["few.csv", "few.png", "networks.csv", "networks.png"]
    assert all(path.stat().st_size > 50 for path in written)
    assert beside.write(tmp_path, beside.few([], 150), beside.networks([])) == []


def test_as_many_forms_as_there_are_can_be_drawn(tmp_path):
    forms = [f"form{number}" for number in range(13)]
    records = [record(form, 0.5, 15) for form in forms] + [record(form, 0.5) for form in forms]
    records += [record(form, 0.5, network="blocks_4") for form in forms]
    written = beside.write(tmp_path, beside.few(records, 150), beside.networks(records))
    assert [path.name for path in written if path.suffix == ".png"] == ["few.png", "networks.png"]
