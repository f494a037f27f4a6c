//! The functions of WASI preview 1, one method each.

use crate::abi::{
    Advice, Clockid, Errno, Event, Fdflags, Fdstat, Filestat, Fstflags, GuestMemory, GuestPtr, GuestSlice,
    Iovec, Lookupflags, Oflags, Prestat, Riflags, Rights, Roflags, Sdflags, Signal, Subscription, Whence,
};

use super::result::{WasiResult, size};
use super::stat;
use crate::host::{Host, Stop};
use crate::limits::{PATH_BYTES_MAX, RANDOM_BYTES_MAX, price};
use crate::markfs::PathAt;

impl Host {
    /// Reads a path argument: limited in length, charged, valid UTF-8.
    fn path(&mut self, memory: &GuestMemory<'_>, path: GuestSlice) -> WasiResult<String> {
        if path.len() > PATH_BYTES_MAX {
            return Err(Errno::Nametoolong.into());
        }
        let text = memory.text(path)?.to_owned();
        self.charge_bytes(text.len());
        self.charge(price::STEP * (1 + text.matches('/').count() as u64));
        Ok(text)
    }
}

/// Writes texts in the layout of `argv` and `environ`: an array of pointers, and the texts, each terminated by NUL.
fn write_texts(
    memory: &mut GuestMemory<'_>,
    mut pointers: GuestPtr<GuestPtr<u8>>,
    mut buffer: GuestPtr<u8>,
    texts: &[String],
) -> WasiResult {
    for text in texts {
        memory.write(pointers, &buffer)?;
        pointers = pointers.element(1)?;
        memory.copy_to(buffer, text.as_bytes())?;
        buffer = buffer.element(size(text.len())?)?;
        memory.write(buffer, &0)?;
        buffer = buffer.element(1)?;
    }
    Ok(())
}

fn sizes(texts: &[String]) -> WasiResult<(u32, u32)> {
    Ok((size(texts.len())?, size(texts.iter().map(|text| text.len() + 1).sum())?))
}

#[expect(clippy::too_many_arguments, reason = "the standard decides on the parameters of its functions")]
impl Host {
    pub(super) fn args_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        argv: GuestPtr<GuestPtr<u8>>,
        argv_buf: GuestPtr<u8>,
    ) -> WasiResult {
        self.charge_texts(self.call.args.iter().map(String::len).sum(), self.call.args.len());
        write_texts(memory, argv, argv_buf, &self.call.args)
    }

    pub(super) fn args_sizes_get(&mut self, _: &mut GuestMemory<'_>) -> WasiResult<(u32, u32)> {
        self.charge_texts(0, self.call.args.len());
        sizes(&self.call.args)
    }

    pub(super) fn environ_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        environ: GuestPtr<GuestPtr<u8>>,
        environ_buf: GuestPtr<u8>,
    ) -> WasiResult {
        let texts = self.environ();
        write_texts(memory, environ, environ_buf, &texts)
    }

    pub(super) fn environ_sizes_get(&mut self, _: &mut GuestMemory<'_>) -> WasiResult<(u32, u32)> {
        sizes(&self.environ())
    }

    pub(super) fn clock_res_get(&mut self, _: &mut GuestMemory<'_>, _: Clockid) -> WasiResult<u64> {
        Ok(1)
    }

    pub(super) fn clock_time_get(&mut self, _: &mut GuestMemory<'_>, id: Clockid, _: u64) -> WasiResult<u64> {
        Ok(self.clock(id))
    }

    pub(super) fn fd_advise(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: u32,
        _: u64,
        _: u64,
        _: Advice,
    ) -> WasiResult {
        Ok(self.kept.fs.file(fd).map(drop)?)
    }

    pub(super) fn fd_allocate(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: u32,
        offset: u64,
        len: u64,
    ) -> WasiResult {
        self.allocate(fd, offset, len)
    }

    pub(super) fn fd_close(&mut self, _: &mut GuestMemory<'_>, fd: u32) -> WasiResult {
        Ok(self.kept.fs.close(fd)?)
    }

    pub(super) fn fd_datasync(&mut self, _: &mut GuestMemory<'_>, fd: u32) -> WasiResult {
        Ok(self.kept.fs.descriptor(fd).map(drop)?)
    }

    pub(super) fn fd_fdstat_get(&mut self, _: &mut GuestMemory<'_>, fd: u32) -> WasiResult<Fdstat> {
        self.fdstat(fd)
    }

    pub(super) fn fd_fdstat_set_flags(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: u32,
        flags: Fdflags,
    ) -> WasiResult {
        self.kept.fs.file(fd)?.append = flags.contains(Fdflags::APPEND);
        Ok(())
    }

    pub(super) fn fd_fdstat_set_rights(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: u32,
        _: Rights,
        _: Rights,
    ) -> WasiResult {
        self.kept.fs.descriptor(fd)?;
        Err(Errno::Notsup.into())
    }

    pub(super) fn fd_filestat_get(&mut self, _: &mut GuestMemory<'_>, fd: u32) -> WasiResult<Filestat> {
        self.filestat_of(fd)
    }

    pub(super) fn fd_filestat_set_size(&mut self, _: &mut GuestMemory<'_>, fd: u32, size: u64) -> WasiResult {
        self.truncate(fd, size)
    }

    pub(super) fn fd_filestat_set_times(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: u32,
        _: u64,
        _: u64,
        _: Fstflags,
    ) -> WasiResult {
        let file = self.kept.fs.file(fd)?;
        if file.write { Ok(()) } else { Err(Errno::Acces.into()) }
    }

    pub(super) fn fd_read(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        iovs: GuestPtr<Iovec>,
        count: u32,
    ) -> WasiResult<u32> {
        self.read(memory, fd, iovs, count, None)
    }

    pub(super) fn fd_pread(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        iovs: GuestPtr<Iovec>,
        count: u32,
        offset: u64,
    ) -> WasiResult<u32> {
        self.read(memory, fd, iovs, count, Some(offset))
    }

    pub(super) fn fd_write(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        ciovs: GuestPtr<Iovec>,
        count: u32,
    ) -> WasiResult<u32> {
        self.write(memory, fd, ciovs, count, None)
    }

    pub(super) fn fd_pwrite(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        ciovs: GuestPtr<Iovec>,
        count: u32,
        offset: u64,
    ) -> WasiResult<u32> {
        self.write(memory, fd, ciovs, count, Some(offset))
    }

    pub(super) fn fd_prestat_get(&mut self, _: &mut GuestMemory<'_>, fd: u32) -> WasiResult<Prestat> {
        self.preopen(fd)?;
        Ok(Prestat { kind: 0, name_len: 1 })
    }

    pub(super) fn fd_prestat_dir_name(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        path: GuestPtr<u8>,
        path_max_len: u32,
    ) -> WasiResult {
        self.preopen(fd)?;
        if path_max_len < 1 {
            return Err(Errno::Nametoolong.into());
        }
        Ok(memory.copy_to(path, b"/")?)
    }

    pub(super) fn fd_renumber(&mut self, _: &mut GuestMemory<'_>, from: u32, to: u32) -> WasiResult {
        Ok(self.kept.fs.renumber(from, to)?)
    }

    pub(super) fn fd_seek(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: u32,
        offset: i64,
        whence: Whence,
    ) -> WasiResult<u64> {
        self.seek(fd, offset, whence)
    }

    pub(super) fn fd_sync(&mut self, _: &mut GuestMemory<'_>, fd: u32) -> WasiResult {
        Ok(self.kept.fs.descriptor(fd).map(drop)?)
    }

    pub(super) fn fd_tell(&mut self, _: &mut GuestMemory<'_>, fd: u32) -> WasiResult<u64> {
        self.seek(fd, 0, Whence::Cur)
    }

    pub(super) fn fd_readdir(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        buf: GuestPtr<u8>,
        buf_len: u32,
        cookie: u64,
    ) -> WasiResult<u32> {
        self.read_folder(memory, fd, buf.bytes(buf_len), cookie)
    }

    pub(super) fn path_create_directory(
        &mut self,
        memory: &mut GuestMemory<'_>,
        dirfd: u32,
        path: GuestPtr<u8>,
        path_len: u32,
    ) -> WasiResult {
        let path = self.path(memory, path.bytes(path_len))?;
        self.charge(price::FILE);
        Ok(self.kept.fs.create_folder(dirfd, &path)?)
    }

    pub(super) fn path_filestat_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        dirfd: u32,
        _: Lookupflags,
        path: GuestPtr<u8>,
        path_len: u32,
    ) -> WasiResult<Filestat> {
        let path = self.path(memory, path.bytes(path_len))?;
        let base = self.kept.fs.folder(dirfd)?;
        let id = self.kept.fs.existing(base, &path)?;
        Ok(stat::filestat(&self.kept.fs.stat(id)))
    }

    pub(super) fn path_filestat_set_times(
        &mut self,
        memory: &mut GuestMemory<'_>,
        dirfd: u32,
        _: Lookupflags,
        path: GuestPtr<u8>,
        path_len: u32,
        _: u64,
        _: u64,
        _: Fstflags,
    ) -> WasiResult {
        let path = self.path(memory, path.bytes(path_len))?;
        Ok(self.kept.fs.set_times(dirfd, &path)?)
    }

    pub(super) fn path_link(
        &mut self,
        _: &mut GuestMemory<'_>,
        _: u32,
        _: Lookupflags,
        _: GuestPtr<u8>,
        _: u32,
        _: u32,
        _: GuestPtr<u8>,
        _: u32,
    ) -> WasiResult {
        Err(Errno::Perm.into())
    }

    pub(super) fn path_open(
        &mut self,
        memory: &mut GuestMemory<'_>,
        dirfd: u32,
        _: Lookupflags,
        path: GuestPtr<u8>,
        path_len: u32,
        oflags: Oflags,
        rights: Rights,
        _: Rights,
        fdflags: Fdflags,
    ) -> WasiResult<u32> {
        let path = self.path(memory, path.bytes(path_len))?;
        self.open(dirfd, &path, oflags, rights, fdflags)
    }

    pub(super) fn path_readlink(
        &mut self,
        memory: &mut GuestMemory<'_>,
        dirfd: u32,
        path: GuestPtr<u8>,
        path_len: u32,
        _: GuestPtr<u8>,
        _: u32,
    ) -> WasiResult<u32> {
        let path = self.path(memory, path.bytes(path_len))?;
        let base = self.kept.fs.folder(dirfd)?;
        self.kept.fs.existing(base, &path)?;
        Err(Errno::Inval.into())
    }

    pub(super) fn path_remove_directory(
        &mut self,
        memory: &mut GuestMemory<'_>,
        dirfd: u32,
        path: GuestPtr<u8>,
        path_len: u32,
    ) -> WasiResult {
        let path = self.path(memory, path.bytes(path_len))?;
        self.charge(price::FILE);
        Ok(self.kept.fs.remove_folder(dirfd, &path)?)
    }

    pub(super) fn path_rename(
        &mut self,
        memory: &mut GuestMemory<'_>,
        src_fd: u32,
        src_path: GuestPtr<u8>,
        src_path_len: u32,
        dest_fd: u32,
        dest_path: GuestPtr<u8>,
        dest_path_len: u32,
    ) -> WasiResult {
        let (from, to) = (
            self.path(memory, src_path.bytes(src_path_len))?,
            self.path(memory, dest_path.bytes(dest_path_len))?,
        );
        let mut seen = 0;
        let renamed = self.kept.fs.rename(PathAt::new(src_fd, &from), PathAt::new(dest_fd, &to), &mut seen);
        self.charge(price::FILE.saturating_mul(seen));
        Ok(renamed?)
    }

    pub(super) fn path_symlink(
        &mut self,
        _: &mut GuestMemory<'_>,
        _: GuestPtr<u8>,
        _: u32,
        _: u32,
        _: GuestPtr<u8>,
        _: u32,
    ) -> WasiResult {
        Err(Errno::Perm.into())
    }

    pub(super) fn path_unlink_file(
        &mut self,
        memory: &mut GuestMemory<'_>,
        dirfd: u32,
        path: GuestPtr<u8>,
        path_len: u32,
    ) -> WasiResult {
        let path = self.path(memory, path.bytes(path_len))?;
        self.charge(price::FILE);
        Ok(self.kept.fs.remove_file(dirfd, &path)?)
    }

    pub(super) fn poll_oneoff(
        &mut self,
        memory: &mut GuestMemory<'_>,
        subs: GuestPtr<Subscription>,
        events: GuestPtr<Event>,
        nsubscriptions: u32,
    ) -> WasiResult<u32> {
        self.poll(memory, subs, events, nsubscriptions)
    }

    pub(super) fn proc_raise(&mut self, _: &mut GuestMemory<'_>, _: Signal) -> WasiResult {
        Err(Errno::Notsup.into())
    }

    pub(super) fn sched_yield(&mut self, _: &mut GuestMemory<'_>) -> WasiResult {
        Ok(())
    }

    pub(super) fn random_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        buf: GuestPtr<u8>,
        buf_len: u32,
    ) -> WasiResult {
        if buf_len > RANDOM_BYTES_MAX {
            return Err(Errno::Inval.into());
        }
        let mut bytes = vec![0; buf_len as usize];
        self.charge_bytes(bytes.len());
        self.fill_random(&mut bytes);
        Ok(memory.copy_to(buf, &bytes)?)
    }

    pub(super) fn sock_accept(&mut self, _: &mut GuestMemory<'_>, fd: u32, _: Fdflags) -> WasiResult<u32> {
        self.no_socket(fd)
    }

    pub(super) fn sock_recv(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: u32,
        _: GuestPtr<Iovec>,
        _: u32,
        _: Riflags,
    ) -> WasiResult<(u32, Roflags)> {
        self.no_socket(fd)
    }

    pub(super) fn sock_send(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: u32,
        _: GuestPtr<Iovec>,
        _: u32,
        _: u16,
    ) -> WasiResult<u32> {
        self.no_socket(fd)
    }

    pub(super) fn sock_shutdown(&mut self, _: &mut GuestMemory<'_>, fd: u32, _: Sdflags) -> WasiResult {
        self.no_socket(fd)
    }
}

impl Host {
    /// Returns the environment as texts, and charges for them: a job may declare megabytes of it.
    fn environ(&mut self) -> Vec<String> {
        let texts: Vec<String> =
            self.kept.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.charge_texts(texts.iter().map(String::len).sum(), texts.len());
        texts
    }

    /// Charges for texts of the job that a call copies or measures.
    fn charge_texts(&mut self, bytes: usize, count: usize) {
        self.charge_bytes(bytes);
        self.charge(price::STEP.saturating_mul(count as u64));
    }

    /// Returns the error that ends a run after `exit`.
    pub(super) fn exit(&self, status: u32) -> wasmtime::Error {
        Stop::Exit(status).into()
    }

    fn no_socket<T>(&mut self, fd: u32) -> WasiResult<T> {
        self.kept.fs.descriptor(fd)?;
        Err(Errno::Notsock.into())
    }
}
