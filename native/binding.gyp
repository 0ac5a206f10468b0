{
  "targets": [
    {
      "target_name": "udevns",
      "sources": ["<!@(node -p \"require('fs').readdirSync('cc').filter(f=>f.endsWith('.cc')).map(f=>'cc/'+f).join(' ')\")"],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")", "../kernel/module"],
      # Swallow: in a worker being terminated nothing can be thrown, which must not end the process.
      "defines": ["NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS", "NAPI_VERSION=8", "NODE_ADDON_API_CPP_EXCEPTIONS", "NODE_ADDON_API_DISABLE_DEPRECATED", "_GNU_SOURCE"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions", "-std=gnu++17"],
      "cflags_cc": ["-std=c++20", "-fexceptions", "-Wall", "-Wextra", "-Wno-missing-field-initializers", "-Wno-cast-function-type"],
      # A worker that ends may dlclose the addon while detached threads still run its code.
      "ldflags": ["-Wl,-z,nodelete"]
    },
    {
      "target_name": "udevns-keeper",
      "type": "executable",
      "sources": ["keeper/main.cc", "cc/descriptor.cc", "cc/error.cc", "cc/netlink.cc", "cc/netns.cc"],
      "defines": ["_GNU_SOURCE"],
      "cflags_cc!": ["-fno-exceptions", "-std=gnu++17"],
      "cflags_cc": ["-std=c++20", "-fexceptions", "-Wall", "-Wextra", "-Wno-missing-field-initializers"],
      "libraries": ["-pthread"]
    }
  ]
}
