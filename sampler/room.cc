// The room builds before its first file lands.
