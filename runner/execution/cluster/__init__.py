"""The engine that hands tasks to the workers of a Dask cluster; what is in here alone knows Dask."""
