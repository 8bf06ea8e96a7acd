@NullMarked
package org.sjd4j.spark.cluster;

import org.jspecify.annotations.NullMarked;
