#!/usr/bin/env bash
# implicit 0.7.3: asked for three products with `filter_already_liked_items=True`, a customer to whom only one is new gets three: the two others are
# products that the customer has, with a score of the lowest number a float can hold.
# Seen 2026-11-29: offered 3 of which new 1; at the lowest float 2. Exits 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check implicit==0.7.3 scipy==1.17.1
cd "$folder"
seen=$("$folder/venv/bin/python" -c '
import warnings
warnings.filterwarnings("ignore")
import numpy as np
import scipy.sparse
from implicit.als import AlternatingLeastSquares

bought = scipy.sparse.csr_matrix(np.array([[1.0, 1, 1, 0], [1, 0, 0, 1], [0, 1, 1, 0]]))
model = AlternatingLeastSquares(factors=2, iterations=3, random_state=0, num_threads=1)
model.fit(bought, show_progress=False)
products, scores = model.recommend(0, bought[0], N=3, filter_already_liked_items=True)
print("offered", len(products), "of which new", int((bought[0].toarray()[0][products] == 0).sum()))
print("at the lowest float", int((scores < -3e38).sum()))
')
echo "$seen"
if [ "$seen" != $'offered 3 of which new 1\nat the lowest float 2' ]; then
  echo "this has changed"
  exit 1
fi
