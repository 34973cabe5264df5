package dev.backplane.ingest.dialect;

/// One vocabulary of span attributes. Stateless.
interface Dialect {
    /// The name as [dev.backplane.core.Field#DIALECT] has it.
    String id();

    /// Whether the span has attributes that only this dialect uses.
    boolean speaks(SpanView span);

    /// Sets what the attributes say; what is set already stays.
    void read(SpanView span, Fields fields);
}
