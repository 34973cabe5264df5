/// The object store in an S3 bucket, or in anything that speaks S3 with conditional writes.
///
/// [S3ObjectStore] is a thin layer over the AWS SDK: one call of [dev.backplane.core.ObjectStore]
/// is one request, except for large files ([Upload], [Download]) and for a lost condition, which is
/// looked into once. [S3Config] says where the bucket is; [Failures] decides whose fault an error
/// is.
///
/// Invariants:
/// 1. Nothing is written without a condition, and the service is known to honour conditions: it was
///    tried when the store was opened.
/// 2. Every object carries the id of the write that made it, so that a writer whose answer was lost
///    (the SDK asked again and was told that the object exists) recognises its own success.
/// 3. Credentials appear in no message and no `toString`.
@NullMarked
package dev.backplane.s3;

import org.jspecify.annotations.NullMarked;
