"""Devices, several processes, progress, memory."""
