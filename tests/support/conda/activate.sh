# What conda's bin/activate does; Snakemake sources it with the environment's folder.
export CONDA_PREFIX="$1" PATH="$1/bin:$PATH"
