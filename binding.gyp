# The addon and the static launcher. Library flags come from pkg-config; scripts/build-native.js checks that they are there.
{
  'target_defaults': {
    'default_configuration': 'Release',
    'cflags_cc!': [ '-std=gnu++17', '-fno-rtti', '-Wno-unused-parameter' ],
    'cflags!': [ '-Wno-unused-parameter' ],
    # -Wrestrict: GCC 12 sees overlaps in std::string's own operator+ (gcc bug 105651).
    'cflags_cc': [ '-std=c++20', '-Wall', '-Wextra', '-Werror', '-Wno-restrict', '-fvisibility=hidden' ],
  },
  'targets': [
    {
      'target_name': 'kernel',
      'sources': [
        'native/src/addon.cc',
        'native/src/byte_source.cc',
        'native/src/decoders.cc',
        'native/src/digesting_writer.cc',
        'native/src/errors.cc',
        'native/src/files.cc',
        'native/src/in_root.cc',
        'native/src/inflate.cc',
        'native/src/job.cc',
        'native/src/layer_same.cc',
        'native/src/layer_unpack.cc',
        'native/src/layer_upper.cc',
        'native/src/layer_writer.cc',
        'native/src/netlink.cc',
        'native/src/process.cc',
        'native/src/rootfs.cc',
        'native/src/rtnetlink.cc',
        'native/src/scan.cc',
        'native/src/sha256.cc',
        'native/src/stats.cc',
        'native/src/tar_format.cc',
        'native/src/tar_reader.cc',
        'native/src/tree_remove.cc',
        'native/src/tree_walk.cc',
        'native/src/values.cc',
        'native/src/xattrs.cc',
      ],
      'dependencies': [ "<!(node -p \"require('node-addon-api').targets\"):node_addon_api_except" ],
      'defines': [ 'NAPI_VERSION=9', 'NODE_ADDON_API_DISABLE_DEPRECATED', '_FILE_OFFSET_BITS=64' ],
      'cflags_cc': [ '<!@(pkg-config --cflags libseccomp libzstd libcrypto liblzma libisal)' ],
      'libraries': [ '<!@(pkg-config --libs libseccomp libzstd libcrypto liblzma libisal)', '-lbz2' ],
    },
    {
      'target_name': 'launcher',
      'type': 'none',
      'conditions': [
        [ '"<!(find native -path "native/launcher/*.cc")"!=""', {
          'type': 'executable',
          'sources': [ '<!@(find native -path "native/launcher/*.cc" | sort)' ],
          'cflags_cc': [ '-Os', '-fno-exceptions', '-fno-rtti' ],
          'ldflags': [ '-static' ],
        } ],
      ],
    },
  ],
}
