package dev.backplane.tensor.kernel;

/// How a kernel can be written; all forms give the same.
public enum KernelForm {
    /// Scalars, in Java: the twin that others are compared with.
    PLAIN,

    /// The Vector API.
    VECTOR,

    /// Instructions of this processor, where they are known ([dev.backplane.tensor.machine]); else
    /// the Vector API.
    MACHINE
}
