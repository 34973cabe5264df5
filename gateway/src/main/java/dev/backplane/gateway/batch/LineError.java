package dev.backplane.gateway.batch;

/// Why a batch cannot be run.
///
/// @param param of the request that it is about, or empty
/// @param line of the input file from 1; 0 for the whole file
public record LineError(String code, String message, String param, long line) {}
