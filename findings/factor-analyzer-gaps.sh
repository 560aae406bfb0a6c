#!/usr/bin/env bash
# factor-analyzer 0.5.1 with scikit-learn 1.9.1: `FactorAnalyzer.fit` raises a TypeError on any data, as it hands scikit-learn an argument that is gone;
# and `calculate_bartlett_sphericity` of ratings in which one is missing is nan, without a word, though the correlations of the others are known.
# Seen 2026-11-29: check_array() got an unexpected keyword argument 'force_all_finite'; nan nan. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check factor-analyzer==0.5.1 pandas==3.1.1 scikit-learn==1.9.1
cd "$folder"
seen=$("$folder/venv/bin/python" -c '
import numpy as np
import pandas as pd
from factor_analyzer import FactorAnalyzer, calculate_bartlett_sphericity

random = np.random.default_rng(0)
ratings = pd.DataFrame(random.normal(size=(300, 1)) + random.normal(size=(300, 4)))
try:
    FactorAnalyzer(1, rotation=None).fit(ratings)
    print("fits")
except TypeError as error:
    print(error)
ratings.iloc[0, 0] = np.nan
print(*calculate_bartlett_sphericity(ratings))
')
echo "$seen"
if [ "$seen" != $'check_array() got an unexpected keyword argument \'force_all_finite\'\nnan nan' ]; then
  echo "this has changed"
  exit 1
fi
