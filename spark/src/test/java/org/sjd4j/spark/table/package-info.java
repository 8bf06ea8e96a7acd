@NullMarked
package org.sjd4j.spark.table;

import org.jspecify.annotations.NullMarked;
