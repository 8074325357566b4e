/** Odd config files that every AWS parser reads, and reads alike. */
export const agreed: Readonly<Record<string, string>> = {
  'plain sections': '[default]\nregion = eu-west-1\n\n[profile dev]\nregion = us-east-1\noutput=json\n',
  'quoted names': '[profile "dev"]\nregion = a\n[profile \'ops\']\nregion = b\n',
  'comments at the start of a line': '# one\n; two\n[profile dev]\n#region = x\n;output = y\nregion = z\n',
  'carriage returns': '[profile dev]\r\nregion = a\r\n\r\n[profile ops]\r\nregion = b\r\n',
  'spaces around the equals sign': '[profile dev]\nregion=a\noutput   =   b\ncli_pager\t=\tc\n',
  'equals signs in a value': '[profile dev]\ncredential_process = x --a=b --c=d\n',
  'nested settings': '[profile dev]\ns3 =\n  addressing_style = path\n  max_queue_size = 9\nregion = a\n',
  'an sso-session': '[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n',
  'sections that are no profiles': '[dev]\nregion = a\n[profile dev]\nregion = b\n[plugins]\nx = y\n[preview]\nz = 1\n',
  'names with signs': '[profile a.b-c_d@e+f]\nregion = a\n[profile a/b:c%d]\nregion = b\n',
  'a value with brackets': '[profile dev]\nx = [profile ops]\nregion = [a]\n',
  'a value with a hash in it': '[profile dev]\nx = a#b;c\n',
  'no last newline': '[profile dev]\nregion = a',
  'a name that starts with another':
    '[profile dev]\nregion = a\n[profile dev2]\nregion = b\n[profile de]\nregion = c\n',
  'the word profile as a name': '[profile profile]\nregion = a\n[profile default2]\nregion = b\n',
  empty: '',
};
