# Debian packages of the committed tree, into build/packages. Sourced by ./dev.
# shellcheck shell=bash disable=SC2154  # repo is ./dev's

package() {
    local source=build/package/source
    need_packages build package
    rm -rf build/package build/packages
    mkdir -p "$source" build/packages/debug
    git archive HEAD | tar -x -C "$source"
    logged package 'building Debian packages' env -C "$source" dpkg-buildpackage -b -us -uc
    mv build/package/*-dbgsym_*.deb build/packages/debug/
    mv build/package/*.deb build/packages/
    ls build/packages
}
