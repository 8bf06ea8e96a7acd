/** What all jobs need of a cluster: the same program and model on every executor, and a directory that grows row by row. */
@NullMarked
package org.sjd4j.spark.cluster;

import org.jspecify.annotations.NullMarked;
