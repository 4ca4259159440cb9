package raftsnapshot

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrExists means that a file is at the path already.
var ErrExists = errors.New("a file is there already")

// Save lets fetch write a snapshot, checks it and puts it at a path whose folder
// exists. The file is readable by its owner only. It appears whole or not at all:
// it is written next to the path under another name, which begins with a dot, and
// is moved when it is on the disk and intact. A file that is there already is
// replaced only when overwrite says so. Errors: ErrExists, ErrInvalid, those of
// fetch and of the file system.
func Save(path string, overwrite bool, fetch func(io.Writer) error) (Info, error) {
	if err := Free(path, overwrite); err != nil {
		return Info{}, err
	}
	folder, name := filepath.Split(path)
	if folder == "" {
		folder = "."
	}
	// CreateTemp makes files that only their owner may read and write.
	partial, err := os.CreateTemp(folder, "."+name+".*.partial")
	if err != nil {
		return Info{}, err
	}
	defer func() {
		_ = partial.Close()
		_ = os.Remove(partial.Name())
	}()
	if err := fetch(partial); err != nil {
		return Info{}, err
	}
	if err := partial.Sync(); err != nil {
		return Info{}, err
	}
	if _, err := partial.Seek(0, io.SeekStart); err != nil {
		return Info{}, err
	}
	info, err := Verify(partial)
	if err != nil {
		return Info{}, err
	}
	if err := partial.Close(); err != nil {
		return Info{}, err
	}
	if err := move(partial.Name(), path, overwrite); err != nil {
		return Info{}, err
	}
	return info, syncFolder(folder)
}

// Free reports whether a snapshot can go to a path: its folder is there, and so
// is no file, unless it may be replaced. Errors: ErrExists.
func Free(path string, overwrite bool) error {
	folder, err := os.Stat(filepath.Dir(path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no folder %s", filepath.Dir(path))
	case err != nil:
		return err
	case !folder.IsDir():
		return fmt.Errorf("%s is no folder", filepath.Dir(path))
	}
	present, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case present.IsDir():
		return fmt.Errorf("%s is a folder: end it with a slash to have a new file made in it", path)
	case !overwrite:
		return fmt.Errorf("%w: %s", ErrExists, path)
	}
	return nil
}

// move gives the file its name. A link, unlike renaming, fails where another file
// has appeared at the path meanwhile.
func move(from, to string, overwrite bool) error {
	if overwrite {
		return os.Rename(from, to)
	}
	err := os.Link(from, to)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%w: %s", ErrExists, to)
	}
	// Not every file system has links.
	if err := Free(to, false); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// syncFolder brings the new name to the disk, on systems that can.
func syncFolder(folder string) error {
	opened, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer func() { _ = opened.Close() }()
	if err := opened.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}
