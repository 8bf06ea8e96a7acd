/** The tables that jobs read and write: captions, and images with what they show. */
@NullMarked
package org.sjd4j.spark.table;

import org.jspecify.annotations.NullMarked;
