"""Where each stage's inputs and outputs lie, relative to the project folder (see dvc.yaml)."""

from pathlib import Path

RAW = Path("data/raw")
STELIB = RAW / "stelib"
LAMOST = RAW / "lamost"
SPECTRA = Path("data/interim/spectra.h5")
CATALOGUE = Path("data/interim/catalogue.csv")
REJECTS = Path("data/interim/rejects.csv")
DATASETS = Path("data/processed/datasets.json")
AUGMENTED = Path("data/augmented/spectra.h5")
AUGMENTED_CATALOGUE = Path("data/augmented/catalogue.csv")
GENERATED = Path("data/generated")
GAN_MODELS = Path("models/gan")
CLASSIFIERS = Path("models/classifier")
REPORTS = Path("reports")
VALIDATION = REPORTS / "validation.json"
DATA_DOCS = REPORTS / "data_docs"
TABLE_1 = REPORTS / "table1.csv"
TABLE_2 = REPORTS / "table2.csv"
FIGURE_7 = REPORTS / "figure7.csv"
GAN_REPORTS = REPORTS / "gan"
RECOGNITION_REPORTS = REPORTS / "recognition"
FIGURES = REPORTS / "figures"
PAGE = REPORTS / "report.html"
SUMMARY = REPORTS / "summary.json"
REGISTERED = REPORTS / "registered.json"
MODEL_CARD = REPORTS / "model_card.md"
TRANSFER = REPORTS / "transfer.json"
TRANSFER_SPECTRA = REPORTS / "transfer_spectra.npz"
COMPARISONS = REPORTS / "comparisons.csv"
OPERATING_POINTS = REPORTS / "operating_points.csv"
STUDY = REPORTS / "study"
RESUME = Path(".lcgan/resume")
