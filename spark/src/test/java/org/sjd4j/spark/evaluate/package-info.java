@NullMarked
package org.sjd4j.spark.evaluate;

import org.jspecify.annotations.NullMarked;
