//! The functions of WASI preview 1, one method each.

use wiggle::{GuestMemory, GuestPtr};

use super::result::{WasiResult, size};
use super::stat;
use crate::host::{Host, Stop};
use crate::limits::{PATH_BYTES_MAX, RANDOM_BYTES_MAX, price};
use crate::markfs::PathAt;
use crate::wasi_abi::types::{self, Errno};
use crate::wasi_abi::wasi_snapshot_preview1::WasiSnapshotPreview1;

impl Host {
    /// A path argument: bounded, charged, valid UTF-8.
    fn path(&mut self, memory: &GuestMemory<'_>, path: GuestPtr<str>) -> WasiResult<String> {
        let bytes = path.as_bytes();
        if bytes.len() > PATH_BYTES_MAX {
            return Err(Errno::Nametoolong.into());
        }
        let text = memory.as_cow_str(path)?.into_owned();
        self.charge_bytes(text.len());
        self.charge(price::STEP * (1 + text.matches('/').count() as u64));
        Ok(text)
    }
}

/// Writes texts as `argv` and `environ` want them: an array of pointers, and the texts, each ended by NUL.
fn write_texts(
    memory: &mut GuestMemory<'_>,
    mut pointers: GuestPtr<GuestPtr<u8>>,
    mut buffer: GuestPtr<u8>,
    texts: &[String],
) -> WasiResult {
    for text in texts {
        memory.write(pointers, buffer)?;
        pointers = pointers.add(1)?;
        let len = size(text.len())?;
        memory.copy_from_slice(text.as_bytes(), buffer.as_array(len))?;
        buffer = buffer.add(len)?;
        memory.write(buffer, 0)?;
        buffer = buffer.add(1)?;
    }
    Ok(())
}

fn sizes(texts: &[String]) -> WasiResult<(u32, u32)> {
    Ok((size(texts.len())?, size(texts.iter().map(|text| text.len() + 1).sum())?))
}

impl WasiSnapshotPreview1 for Host {
    fn args_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        argv: GuestPtr<GuestPtr<u8>>,
        argv_buf: GuestPtr<u8>,
    ) -> WasiResult {
        self.charge_texts(self.call.args.iter().map(String::len).sum(), self.call.args.len());
        write_texts(memory, argv, argv_buf, &self.call.args)
    }

    fn args_sizes_get(&mut self, _: &mut GuestMemory<'_>) -> WasiResult<(u32, u32)> {
        self.charge_texts(0, self.call.args.len());
        sizes(&self.call.args)
    }

    fn environ_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        environ: GuestPtr<GuestPtr<u8>>,
        environ_buf: GuestPtr<u8>,
    ) -> WasiResult {
        let texts = self.environ();
        write_texts(memory, environ, environ_buf, &texts)
    }

    fn environ_sizes_get(&mut self, _: &mut GuestMemory<'_>) -> WasiResult<(u32, u32)> {
        sizes(&self.environ())
    }

    fn clock_res_get(&mut self, _: &mut GuestMemory<'_>, _: types::Clockid) -> WasiResult<u64> {
        Ok(1)
    }

    fn clock_time_get(&mut self, _: &mut GuestMemory<'_>, id: types::Clockid, _: u64) -> WasiResult<u64> {
        Ok(self.clock(id))
    }

    fn fd_advise(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: types::Fd,
        _: u64,
        _: u64,
        _: types::Advice,
    ) -> WasiResult {
        Ok(self.kept.fs.file(fd.into()).map(drop)?)
    }

    fn fd_allocate(&mut self, _: &mut GuestMemory<'_>, fd: types::Fd, offset: u64, len: u64) -> WasiResult {
        self.allocate(fd.into(), offset, len)
    }

    fn fd_close(&mut self, _: &mut GuestMemory<'_>, fd: types::Fd) -> WasiResult {
        Ok(self.kept.fs.close(fd.into())?)
    }

    fn fd_datasync(&mut self, _: &mut GuestMemory<'_>, fd: types::Fd) -> WasiResult {
        Ok(self.kept.fs.descriptor(fd.into()).map(drop)?)
    }

    fn fd_fdstat_get(&mut self, _: &mut GuestMemory<'_>, fd: types::Fd) -> WasiResult<types::Fdstat> {
        self.fdstat(fd.into())
    }

    fn fd_fdstat_set_flags(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: types::Fd,
        flags: types::Fdflags,
    ) -> WasiResult {
        self.kept.fs.file(fd.into())?.append = flags.contains(types::Fdflags::APPEND);
        Ok(())
    }

    fn fd_fdstat_set_rights(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: types::Fd,
        _: types::Rights,
        _: types::Rights,
    ) -> WasiResult {
        self.kept.fs.descriptor(fd.into())?;
        Err(Errno::Notsup.into())
    }

    fn fd_filestat_get(&mut self, _: &mut GuestMemory<'_>, fd: types::Fd) -> WasiResult<types::Filestat> {
        self.filestat_of(fd.into())
    }

    fn fd_filestat_set_size(&mut self, _: &mut GuestMemory<'_>, fd: types::Fd, size: u64) -> WasiResult {
        self.truncate(fd.into(), size)
    }

    fn fd_filestat_set_times(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: types::Fd,
        _: u64,
        _: u64,
        _: types::Fstflags,
    ) -> WasiResult {
        let file = self.kept.fs.file(fd.into())?;
        if file.write { Ok(()) } else { Err(Errno::Acces.into()) }
    }

    fn fd_read(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: types::Fd,
        iovs: types::IovecArray,
    ) -> WasiResult<u32> {
        self.read(memory, fd.into(), iovs, None)
    }

    fn fd_pread(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: types::Fd,
        iovs: types::IovecArray,
        offset: u64,
    ) -> WasiResult<u32> {
        self.read(memory, fd.into(), iovs, Some(offset))
    }

    fn fd_write(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: types::Fd,
        ciovs: types::CiovecArray,
    ) -> WasiResult<u32> {
        self.write(memory, fd.into(), ciovs, None)
    }

    fn fd_pwrite(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: types::Fd,
        ciovs: types::CiovecArray,
        offset: u64,
    ) -> WasiResult<u32> {
        self.write(memory, fd.into(), ciovs, Some(offset))
    }

    fn fd_prestat_get(&mut self, _: &mut GuestMemory<'_>, fd: types::Fd) -> WasiResult<types::Prestat> {
        self.preopen(fd.into())?;
        Ok(types::Prestat::Dir(types::PrestatDir { pr_name_len: 1 }))
    }

    fn fd_prestat_dir_name(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: types::Fd,
        path: GuestPtr<u8>,
        path_max_len: u32,
    ) -> WasiResult {
        self.preopen(fd.into())?;
        if path_max_len < 1 {
            return Err(Errno::Nametoolong.into());
        }
        Ok(memory.copy_from_slice(b"/", path.as_array(1))?)
    }

    fn fd_renumber(&mut self, _: &mut GuestMemory<'_>, from: types::Fd, to: types::Fd) -> WasiResult {
        Ok(self.kept.fs.renumber(from.into(), to.into())?)
    }

    fn fd_seek(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: types::Fd,
        offset: i64,
        whence: types::Whence,
    ) -> WasiResult<u64> {
        self.seek(fd.into(), offset, whence)
    }

    fn fd_sync(&mut self, _: &mut GuestMemory<'_>, fd: types::Fd) -> WasiResult {
        Ok(self.kept.fs.descriptor(fd.into()).map(drop)?)
    }

    fn fd_tell(&mut self, _: &mut GuestMemory<'_>, fd: types::Fd) -> WasiResult<u64> {
        self.seek(fd.into(), 0, types::Whence::Cur)
    }

    fn fd_readdir(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: types::Fd,
        buf: GuestPtr<u8>,
        buf_len: u32,
        cookie: u64,
    ) -> WasiResult<u32> {
        self.read_folder(memory, fd.into(), buf.as_array(buf_len), cookie)
    }

    fn path_create_directory(
        &mut self,
        memory: &mut GuestMemory<'_>,
        dirfd: types::Fd,
        path: GuestPtr<str>,
    ) -> WasiResult {
        let path = self.path(memory, path)?;
        self.charge(price::FILE);
        Ok(self.kept.fs.create_folder(dirfd.into(), &path)?)
    }

    fn path_filestat_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        dirfd: types::Fd,
        _: types::Lookupflags,
        path: GuestPtr<str>,
    ) -> WasiResult<types::Filestat> {
        let path = self.path(memory, path)?;
        let base = self.kept.fs.folder(dirfd.into())?;
        let id = self.kept.fs.existing(base, &path)?;
        Ok(stat::filestat(&self.kept.fs.stat(id)))
    }

    fn path_filestat_set_times(
        &mut self,
        memory: &mut GuestMemory<'_>,
        dirfd: types::Fd,
        _: types::Lookupflags,
        path: GuestPtr<str>,
        _: u64,
        _: u64,
        _: types::Fstflags,
    ) -> WasiResult {
        let path = self.path(memory, path)?;
        Ok(self.kept.fs.set_times(dirfd.into(), &path)?)
    }

    fn path_link(
        &mut self,
        _: &mut GuestMemory<'_>,
        _: types::Fd,
        _: types::Lookupflags,
        _: GuestPtr<str>,
        _: types::Fd,
        _: GuestPtr<str>,
    ) -> WasiResult {
        Err(Errno::Perm.into())
    }

    fn path_open(
        &mut self,
        memory: &mut GuestMemory<'_>,
        dirfd: types::Fd,
        _: types::Lookupflags,
        path: GuestPtr<str>,
        oflags: types::Oflags,
        rights: types::Rights,
        _: types::Rights,
        fdflags: types::Fdflags,
    ) -> WasiResult<types::Fd> {
        let path = self.path(memory, path)?;
        self.open(dirfd.into(), &path, oflags, rights, fdflags)
    }

    fn path_readlink(
        &mut self,
        memory: &mut GuestMemory<'_>,
        dirfd: types::Fd,
        path: GuestPtr<str>,
        _: GuestPtr<u8>,
        _: u32,
    ) -> WasiResult<u32> {
        let path = self.path(memory, path)?;
        let base = self.kept.fs.folder(dirfd.into())?;
        self.kept.fs.existing(base, &path)?;
        Err(Errno::Inval.into())
    }

    fn path_remove_directory(
        &mut self,
        memory: &mut GuestMemory<'_>,
        dirfd: types::Fd,
        path: GuestPtr<str>,
    ) -> WasiResult {
        let path = self.path(memory, path)?;
        self.charge(price::FILE);
        Ok(self.kept.fs.remove_folder(dirfd.into(), &path)?)
    }

    fn path_rename(
        &mut self,
        memory: &mut GuestMemory<'_>,
        src_fd: types::Fd,
        src_path: GuestPtr<str>,
        dest_fd: types::Fd,
        dest_path: GuestPtr<str>,
    ) -> WasiResult {
        let (from, to) = (self.path(memory, src_path)?, self.path(memory, dest_path)?);
        let mut seen = 0;
        let renamed = self.kept.fs.rename(
            PathAt::new(src_fd.into(), &from),
            PathAt::new(dest_fd.into(), &to),
            &mut seen,
        );
        self.charge(price::FILE.saturating_mul(seen));
        Ok(renamed?)
    }

    fn path_symlink(
        &mut self,
        _: &mut GuestMemory<'_>,
        _: GuestPtr<str>,
        _: types::Fd,
        _: GuestPtr<str>,
    ) -> WasiResult {
        Err(Errno::Perm.into())
    }

    fn path_unlink_file(
        &mut self,
        memory: &mut GuestMemory<'_>,
        dirfd: types::Fd,
        path: GuestPtr<str>,
    ) -> WasiResult {
        let path = self.path(memory, path)?;
        self.charge(price::FILE);
        Ok(self.kept.fs.remove_file(dirfd.into(), &path)?)
    }

    fn poll_oneoff(
        &mut self,
        memory: &mut GuestMemory<'_>,
        subs: GuestPtr<types::Subscription>,
        events: GuestPtr<types::Event>,
        nsubscriptions: u32,
    ) -> WasiResult<u32> {
        self.poll(memory, subs, events, nsubscriptions)
    }

    fn proc_exit(&mut self, _: &mut GuestMemory<'_>, status: u32) -> wasmtime::Error {
        Stop::Exit(status).into()
    }

    fn proc_raise(&mut self, _: &mut GuestMemory<'_>, _: types::Signal) -> WasiResult {
        Err(Errno::Notsup.into())
    }

    fn sched_yield(&mut self, _: &mut GuestMemory<'_>) -> WasiResult {
        Ok(())
    }

    fn random_get(&mut self, memory: &mut GuestMemory<'_>, buf: GuestPtr<u8>, buf_len: u32) -> WasiResult {
        if buf_len > RANDOM_BYTES_MAX {
            return Err(Errno::Inval.into());
        }
        let mut bytes = vec![0; buf_len as usize];
        self.charge_bytes(bytes.len());
        self.fill_random(&mut bytes);
        Ok(memory.copy_from_slice(&bytes, buf.as_array(buf_len))?)
    }

    fn sock_accept(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: types::Fd,
        _: types::Fdflags,
    ) -> WasiResult<types::Fd> {
        self.no_socket(fd)
    }

    fn sock_recv(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: types::Fd,
        _: types::IovecArray,
        _: types::Riflags,
    ) -> WasiResult<(u32, types::Roflags)> {
        self.no_socket(fd)
    }

    fn sock_send(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: types::Fd,
        _: types::CiovecArray,
        _: types::Siflags,
    ) -> WasiResult<u32> {
        self.no_socket(fd)
    }

    fn sock_shutdown(&mut self, _: &mut GuestMemory<'_>, fd: types::Fd, _: types::Sdflags) -> WasiResult {
        self.no_socket(fd)
    }
}

impl Host {
    /// The environment as texts, charged: a job may declare megabytes of it.
    fn environ(&mut self) -> Vec<String> {
        let texts: Vec<String> =
            self.kept.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.charge_texts(texts.iter().map(String::len).sum(), texts.len());
        texts
    }

    /// Charges texts of the job that a call copies or measures.
    fn charge_texts(&mut self, bytes: usize, count: usize) {
        self.charge_bytes(bytes);
        self.charge(price::STEP.saturating_mul(count as u64));
    }

    fn no_socket<T>(&mut self, fd: types::Fd) -> WasiResult<T> {
        self.kept.fs.descriptor(fd.into())?;
        Err(Errno::Notsock.into())
    }
}
