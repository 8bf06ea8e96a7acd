@NullMarked
package org.sjd4j.spark.train;

import org.jspecify.annotations.NullMarked;
